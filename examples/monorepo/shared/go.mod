module example.com/monorepo/shared

go 1.25.0
