module example.com/broken-test

go 1.25.0
