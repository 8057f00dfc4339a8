module example.com/dice

go 1.25.0
