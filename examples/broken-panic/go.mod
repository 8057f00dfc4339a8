module example.com/broken-panic

go 1.25.0
