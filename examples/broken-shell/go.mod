module example.com/broken-shell

go 1.25.0
