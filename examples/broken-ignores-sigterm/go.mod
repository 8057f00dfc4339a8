module example.com/broken-ignores-sigterm

go 1.25.0
