// A page of its own for the tests: the sealing modules as a script of the browser's console would use them.

import { WorkerEngine } from '../../web/src/sealing/worker-engine.ts';
import { PublisherKey } from '../../web/src/sealing/keys.ts';
import { partsOf, sealerWith } from '../../web/src/sealing/seal.ts';
import { openOwn } from '../../web/src/sealing/open.ts';

Object.assign(globalThis, { engine: new WorkerEngine(), PublisherKey, sealerWith, partsOf, openOwn });
