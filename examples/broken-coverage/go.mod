module example.com/broken-coverage

go 1.25.0
