module example.com/broken-dynamic

go 1.25.0
