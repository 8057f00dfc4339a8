module example.com/monorepo/services

go 1.25.0

require example.com/monorepo/shared v0.0.0

replace example.com/monorepo/shared => ../shared
