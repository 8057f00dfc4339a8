module example.com/broken-two-mains

go 1.25.0
