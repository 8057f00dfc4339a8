module example.com/broken-arch

go 1.25.0
