/** The token and the login under way, in the tab's own storage. Nothing of it is ever in localStorage. */

const TOKEN = 'keyfront-token'
const LOGIN = 'keyfront-login'

/** A login that was sent to an issuer and is expected back. */
export interface PendingLogin {
  issuer: string
  state: string
  nonce: string
  verifier: string
  /** Whether the token is to survive a reload of this tab. */
  remember: boolean
  /** Where the page was. */
  hash: string
}

export const rememberedToken = (): string | null => read(TOKEN)

export function rememberToken(token: string | null): void {
  write(TOKEN, token)
}

export function expectLogin(login: PendingLogin): void {
  write(LOGIN, JSON.stringify(login))
}

/** Taken once: what comes back a second time was not asked for. */
export function takeLogin(): PendingLogin | null {
  const text = read(LOGIN)
  write(LOGIN, null)
  return text === null ? null : (JSON.parse(text) as PendingLogin)
}

// A browser may refuse storage altogether; then the page works, and forgets.
function read(name: string): string | null {
  try {
    return sessionStorage.getItem(name)
  } catch {
    return null
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(name)
    else sessionStorage.setItem(name, value)
  } catch {
    // As above.
  }
}
