// A client of its own process that reads an unknown operation at a fixed rate until its standard input ends.
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials, Metadata } from '@grpc/grpc-js';

const [address, authorization, perSecond] = process.argv.slice(2);
// GetOperationRequest { id = 1 }
const id = Buffer.from('01999999-9999-7999-8999-999999999999');
const request = Buffer.concat([Buffer.from([0x0a, id.length]), id]);
const bytes = (value) => value;
const metadata = new Metadata();
metadata.set('authorization', authorization);
const client = new Client(address, credentials.createInsecure());

const flood = () =>
  new Promise((resolve) => {
    client.makeUnaryRequest(
      '/wxa.code.v1.Operations/GetOperation',
      bytes,
      bytes,
      request,
      metadata,
      (error) => {
        if (error?.code === 8) limited += 1;
        resolve();
      },
    );
  });

let isRunning = true;
let isFlooding = false;
let limited = 0;
process.stdin.on('end', () => {
  isRunning = false;
});
process.stdin.resume();
const calls = [];
const since = performance.now();
while (isRunning) {
  while (calls.length < ((performance.now() - since) / 1000) * Number(perSecond)) calls.push(flood());
  await delay(5);
  if (!isFlooding && limited > 0) {
    isFlooding = true;
    console.log('flooding');
  }
}
await Promise.all(calls);
console.log(JSON.stringify({ made: calls.length, limited }));
client.close();
