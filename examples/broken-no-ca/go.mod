module example.com/broken-no-ca

go 1.25.0
