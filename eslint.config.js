import js from '@eslint/js'
import ts from 'typescript-eslint'

// Floors of the house: each folder imports only from those to its left (docs/architecture.md).
const floors = [
  ['base'],
  ['project', 'registry', 'buildx', 'deploy', 'github', 'integration'],
  ['gray'],
  ['go'],
  ['cache', 'image', 'report'],
  ['plan', 'checks', 'pipeline', 'scan'],
  ['analysis', 'binaries', 'rebase'],
  ['actions'],
]
const floorRules = floors.flatMap((names, level) =>
  names.map((name) => ({
    files: [`src/${name}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            ...floors
              .slice(level + 1)
              .flat()
              .map((up) => ({ group: [`**/${up}/*`], message: `${name} stands below ${up}` })),
            ...(name === 'actions'
              ? []
              : [
                  {
                    group: ['@actions/core'],
                    importNames: ['getInput', 'getMultilineInput', 'getBooleanInput'],
                    message: 'inputs are read in actions/*/inputs.ts only',
                  },
                ]),
          ],
        },
      ],
    },
  })),
)

export default ts.config(
  { ignores: ['dist/**', 'lib/**', 'coverage/**', 'node_modules/**', 'examples/**', '.rig/**', '**/*.cjs'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        performance: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { varsIgnorePattern: '^_', argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-lines': ['warn', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  // A table of cases may be long; code may not.
  { files: ['__tests__/**/*.ts'], rules: { 'max-lines': 'off' } },
  ...floorRules,
)
