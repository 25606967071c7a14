import { Metadata, Server, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { addMethod, codeOfCall, started } from '../server/fixtures/unary-calls.js';
import { peerOf } from './peer.js';
import { namesIn } from './peer-names.js';

it('The certificate of a connection is read once, also from within other interceptors', async () => {
  let reads = 0;
  const outer: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call);
  const reading: ServerInterceptor = (_method, call) => {
    const read = call.getAuthContext.bind(call);
    call.getAuthContext = () => {
      reads += 1;
      return read();
    };
    peerOf(call);
    return new ServerInterceptingCall(call);
  };
  const server = new Server({ interceptors: [outer, reading] });
  addMethod(server, '/test.Echo/Echo');
  const { client: one, connect } = await started(server);
  const other = connect('other');
  try {
    for (const client of [one, one, one])
      expect(await codeOfCall(client, '/test.Echo/Echo', new Metadata())).toBe(0);
    expect(reads).toBe(1);
    await codeOfCall(other, '/test.Echo/Echo', new Metadata());
    expect(reads).toBe(2);
  } finally {
    one.close();
    other.close();
    server.forceShutdown();
  }
});

type Names = Parameters<typeof namesIn>[0];
const subject = { CN: 'oncall' } as Names['subject'];
const several = { CN: ['oncall', 'admin'] } as unknown as Names['subject'];
const none = { uris: [], dnsNames: [], cn: undefined };
const named = { uris: ['spiffe://example.com/backend'], dnsNames: ['a.example.com', 'b.example.com'] };
const subjectaltname =
  'URI:spiffe://example.com/backend, DNS:a.example.com, IP Address:10.0.0.1, DNS:b.example.com';

it.each<[string, Names, object | undefined]>([
  ['its URIs and DNS names, not its common name', { subject, subjectaltname }, { ...none, ...named }],
  ['its common name if it has no other name', { subject }, { ...none, cn: 'oncall' }],
  ['none if its other names are addresses', { subject, subjectaltname: 'IP Address:10.0.0.1' }, none],
  ['none if it has several common names', { subject: several }, none],
  [
    'unreadable if one is quoted: it has a separator',
    { subject, subjectaltname: 'DNS:"a, DNS:admin.example.com", DNS:b' },
    undefined,
  ],
])('The names of a certificate are %s', (_, certificate, names) => {
  expect(namesIn(certificate)).toEqual(names);
});
