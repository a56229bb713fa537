/** All of sealing that the publishers' page uses, as one chunk: it is loaded when somebody first seals or opens, never before. */

import { WorkerEngine } from '../sealing/worker-engine.ts'

export { linkTo } from '../sealing/link.ts'
export { openOwn, shareOf } from '../sealing/open.ts'
export { keyAskedFor, PublisherKey } from '../sealing/keys.ts'
export { sealerWith } from '../sealing/seal.ts'

/** The page's one worker. It starts with the first call. */
export const engine = new WorkerEngine()
