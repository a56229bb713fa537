// An OpenID provider that nobody here wrote: `node run.mjs REDIRECT_URI LOGGED_OUT_URI`. Prints its issuer, then serves until its
// standard input ends. Its client `web` is public; everybody logs in by any name, in its development pages.

import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const [redirectUri, loggedOutUri] = process.argv.slice(2)
const server = createServer()
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'web',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [loggedOutUri],
  }],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['a key of the tests'] },
  pkce: { required: () => true },
})
server.on('request', provider.callback())
console.log(issuer)
process.stdin.resume().on('end', () => process.exit(0))
