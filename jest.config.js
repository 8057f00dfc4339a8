const rig = process.env.GIP_RIG === '1'

export default {
  testEnvironment: 'node',
  // A hang is ended in the end; a machine that is slow or busy is given its time.
  testTimeout: rig ? 900_000 : 30_000,
  // On two cores: suites with the rig wait for engines, observation windows and timers as much as they compute.
  maxWorkers: rig ? 3 : 2,
  testSequencer: '<rootDir>/scripts/jest-order.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/scripts/jest-strip.cjs' },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/(dist|lib|examples|\\.rig)/'],
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts'],
}
