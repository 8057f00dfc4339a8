import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** Writes a module into a GOPROXY folder (`file://…`), as go.dev/ref/mod#goproxy-protocol lays it out. */
export async function publishModule(
  proxy: string,
  path: string,
  version: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = join(proxy, path, '@v')
  await mkdir(folder, { recursive: true })
  const mod = `module ${path}\n\ngo 1.25\n`
  await writeFile(join(folder, `${version}.info`), JSON.stringify({ Version: version }))
  await writeFile(join(folder, `${version}.mod`), mod)
  await writeFile(join(folder, 'list'), `${version}\n`, { flag: 'a' })
  const named = Object.entries({ 'go.mod': mod, ...files }).map(
    ([name, content]) => [`${path}@${version}/${name}`, Buffer.from(content)] as const,
  )
  await writeFile(join(folder, `${version}.zip`), storedZip(named))
}

/** A zip archive without compression (APPNOTE 4.3: local headers, central directory, end record). */
function storedZip(files: readonly (readonly [string, Buffer])[]): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, content] of files) {
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(0x21, 8)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(content.length, 14)
    fields.writeUInt32LE(content.length, 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    const entry = [Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), content]
    local.push(...entry)
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, tail, Buffer.from(name))
    offset += entry.reduce((sum, part) => sum + part.length, 0)
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, directory, end])
}
