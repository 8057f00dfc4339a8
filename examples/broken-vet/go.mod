module example.com/broken-vet

go 1.25.0
