module example.com/broken-localhost

go 1.25.0
