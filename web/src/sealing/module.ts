/**
 * The WASM module (`web/module`), which has the envelope's format, its checks and Argon2id. What may be sent and what is verified
 * is decided there; here are only its calls.
 */

import { concatenated, type Bytes } from './bytes.ts'
import { SealingError, type SealingCode } from './error.ts'
import { FrameReader } from './frame.ts'

interface Exports {
  readonly memory: WebAssembly.Memory
  readonly input: (length: number) => number
  readonly [call: string]: unknown
}

/** The calls that `web/module/src/abi.rs` exports. */
export type Call = 'seal' | 'segment' | 'sealed' | 'missing' | 'tag' | 'open' | 'open_shared' | 'arrived' | 'verify' | 'forget' | 'share' | 'describe' | 'key_id' | 'derive'

/** Compiles the module that Vite laid beside this script. */
export async function loadModule(url: URL = new URL('./keyfront-page.wasm', import.meta.url)): Promise<WebAssembly.Module> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new SealingError('network', 'the page\'s module cannot be loaded', { cause })
  })
  if (!response.ok) throw new SealingError('network', `the page's module cannot be loaded: status ${response.status}`)
  // Not compileStreaming: a server that does not know the media type must not break sealing.
  return WebAssembly.compile(await response.arrayBuffer())
}

/** An instance, for one file or one passphrase: it has its own memory, which goes with it. */
export class ModuleInstance {
  readonly #exports: Exports

  private constructor(exports: Exports) {
    this.#exports = exports
  }

  static async of(module: WebAssembly.Module): Promise<ModuleInstance> {
    const instance = await WebAssembly.instantiate(module)
    return new ModuleInstance(instance.exports as unknown as Exports)
  }

  /**
   * Makes a call with the parts of its frame; what is returned is a copy. The module's own copies are wiped.
   *
   * @throws {SealingError} with the module's code.
   */
  call(name: Call, ...parts: Uint8Array[]): FrameReader {
    return new FrameReader(this.callForBytes(name, ...parts))
  }

  /** As {@link call}, for what is one sequence of bytes, which may be a secret that the caller wipes. */
  callForBytes(name: Call, ...parts: Uint8Array[]): Bytes {
    const frame = concatenated(...parts)
    const answer = this.#exchange(name, frame)
    frame.fill(0)
    const reader = new FrameReader(answer)
    if (reader.u32() === 0) return answer.subarray(4)
    const [code = 'internal', message = ''] = reader.texts()
    throw new SealingError(code as SealingCode, message)
  }

  #exchange(name: Call, frame: Bytes): Bytes {
    const { memory, input } = this.#exports
    try {
      // The memory may grow by any call: it is looked up after each.
      const place = input(frame.length)
      new Uint8Array(memory.buffer, place, frame.length).set(frame)
      const output = (this.#exports[name] as () => number)()
      const length = new DataView(memory.buffer).getUint32(output, true)
      const answer = new Uint8Array(memory.buffer, output, 4 + length)
      const copy = answer.slice(4) as Bytes
      answer.fill(0)
      return copy
    } catch (cause) {
      if (cause instanceof WebAssembly.RuntimeError) throw new SealingError('internal', `the page's module failed in ${name}`, { cause })
      throw cause
    }
  }

  /** Forgets the file and its keys. */
  forget(): void {
    this.call('forget')
  }
}
