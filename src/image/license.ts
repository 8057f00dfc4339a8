/** Phrases that only one licence's text has, and the first lines that name it. */
const TEXTS: readonly (readonly [id: string, ...needed: RegExp[]])[] = [
  ['AGPL-3.0-only', /GNU AFFERO GENERAL PUBLIC LICENSE/, /Version 3,/],
  ['LGPL-3.0-only', /GNU LESSER GENERAL PUBLIC LICENSE/, /Version 3,/],
  ['LGPL-2.1-only', /GNU LESSER GENERAL PUBLIC LICENSE/, /Version 2\.1,/],
  ['GPL-3.0-only', /GNU GENERAL PUBLIC LICENSE/, /Version 3,/],
  ['GPL-2.0-only', /GNU GENERAL PUBLIC LICENSE/, /Version 2,/],
  ['Apache-2.0', /Apache License/, /Version 2\.0/],
  ['MPL-2.0', /Mozilla Public License,? [Vv]ersion 2\.0/],
  ['EPL-2.0', /Eclipse Public License - v 2\.0/],
  ['Unlicense', /This is free and unencumbered software released into the public domain/],
  ['CC0-1.0', /CC0 1\.0 Universal/],
  ['BSL-1.0', /Boost Software License - Version 1\.0/],
  ['Zlib', /This software is provided 'as-is', without any express or implied warranty\. In no event/],
  ['0BSD', /Permission to use, copy, modify, and\/or distribute this software for any purpose with or without fee is hereby granted\./],
  ['ISC', /Permission to use, copy, modify, and(?:\/or)? distribute this software for any purpose with or without fee is hereby granted, provided/],
  ['MIT', /Permission is hereby granted, free of charge, to any person obtaining a copy of this software/, /THE SOFTWARE IS PROVIDED/i],
  ['BSD-3-Clause', /Redistribution and use in source and binary forms/, /Neither the name of/],
  ['BSD-2-Clause', /Redistribution and use in source and binary forms/],
] // prettier-ignore

/** File names that hold a licence, in the order in which they are looked at. */
export const LICENSE_FILES = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'LICENCE', 'COPYING', 'UNLICENSE']

/**
 * The SPDX identifier of a licence text, or undefined when it is not surely one of the usual ones: a wrong statement
 * about a licence is worse than none. An `SPDX-License-Identifier:` line decides.
 */
export function guessLicense(text: string): string | undefined {
  const stated = /^\W*SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]+?)\s*(?:\*\/)?$/m.exec(text)
  if (stated !== null) return stated[1]
  const plain = text.replace(/\s+/g, ' ').slice(0, 100_000)
  // A licence names itself in its head; later pages of the GPL speak of the AGPL and the LGPL.
  const head = plain.slice(0, 1500)
  return TEXTS.find(([id, ...needed]) =>
    needed.every((phrase) => phrase.test(/GPL/.test(id) ? head : plain)),
  )?.[0]
}
