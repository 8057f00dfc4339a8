module example.com/broken-new-go

go 1.99.0
