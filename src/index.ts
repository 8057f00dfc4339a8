/** The entries of the program. Each is loaded on its own, so that none pays for what only another needs. */
export type Entry = 'main' | 'post' | 'cli'

export async function start(entry: Entry): Promise<void> {
  switch (entry) {
    case 'main':
      return (await import('./actions/build/main.ts')).main()
    case 'post':
      return (await import('./actions/build/post.ts')).post()
    case 'cli':
      return (await import('./cli.ts')).cli()
  }
}
