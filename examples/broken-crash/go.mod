module example.com/broken-crash

go 1.25.0
