module example.com/broken-port

go 1.25.0
