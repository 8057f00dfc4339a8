export default {
  testEnvironment: 'node',
  testTimeout: process.env.GIP_RIG === '1' ? 300_000 : 30_000,
  // Heavy suites share one engine and two cores.
  maxWorkers: 2,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/scripts/jest-strip.cjs' },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/(dist|lib|examples|\\.rig)/'],
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts'],
}
