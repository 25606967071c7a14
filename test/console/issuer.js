// An OpenID provider as a process of its own: `issuer.js PORT REDIRECT_URI` prints a line when it listens. Each user of ROLES
// logs in with any password.
import Provider from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const ROLES = { wang: ['staff', 'viewer', 'operator'], li: 'viewer', zhao: ['staff'] };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'console', client_secret: 'console-secret', redirect_uris: [redirectUri] }],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'roles'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, roles: ROLES[id] }),
  }),
  cookies: { keys: ['of-the-test'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
