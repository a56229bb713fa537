/** Manifests, which never change: each is read once, and believed only if its own hash is the release. */

import type { Manifest } from '../api/wire.ts'
import { api } from '../session/session.ts'
import { verified } from './manifest.ts'

/** A manifest can be 60 MB; two are compared, and one more is where somebody came from. */
const MOST = 3

const known = new Map<string, Promise<Manifest>>()

export function manifestOf(site: string, id: string): Promise<Manifest> {
  const name = `${site}/${id}`
  const reading = known.get(name) ?? read(site, id)
  // The one that was asked for last goes last.
  known.delete(name)
  known.set(name, reading)
  reading.catch(() => known.delete(name))
  for (const oldest of known.keys()) if (known.size > MOST) known.delete(oldest)
  return reading
}

const read = async (site: string, id: string): Promise<Manifest> => verified(await api.manifest(site, id), id)
