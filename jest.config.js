export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/scripts/jest-strip.cjs' },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/(dist|lib|examples|\\.rig)/'],
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts'],
}
