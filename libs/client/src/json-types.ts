import type { Duration } from '@wxa/contracts';
import type { Rpc } from './services.js';

/** An RPC of the gateway, as in `Rollouts/GetRollout`. */
export type MethodName = keyof Rpc;
/** An RPC with a stream of responses. */
export type StreamName = keyof Rpc<true>;

type Definition<M extends MethodName | StreamName> = M extends MethodName
  ? Rpc[M]
  : M extends StreamName
    ? Rpc<true>[M]
    : never;

/** The request of an RPC in JSON; fields that are left out have their defaults. */
export type RequestJson<M extends MethodName | StreamName> =
  Definition<M> extends { requestSerialize: (value: infer Message) => unknown }
    ? Partly<Json<Message>>
    : never;

/** The response of an RPC in JSON; only messages that are not set are left out. */
export type ResponseJson<M extends MethodName | StreamName> =
  Definition<M> extends { responseSerialize: (value: infer Message) => unknown } ? Json<Message> : never;

/** A message of the contract as canonical proto3 JSON: numbers of 64 bits, times, durations and bytes are texts. */
export type Json<T> = 0 extends 1 & T
  ? // biome-ignore lint/suspicious/noExplicitAny: the contents of a google.protobuf.Struct are any JSON
    any
  : T extends bigint | Date | Uint8Array | Duration
    ? string
    : T extends string
      ? `${T}`
      : T extends readonly (infer Element)[]
        ? Json<Element>[]
        : T extends object
          ? Fields<T>
          : T;

type Fields<T> = Flat<
  { [K in Exclude<RequiredKeys<T>, OneofKeys<T>>]: Field<K, T[K]> } & {
    [K in Exclude<keyof T, RequiredKeys<T> | OneofKeys<T>>]?: Field<K, Exclude<T[K], undefined>>;
  } & Cases<T[OneofKeys<T>]>
>;
/** A google.protobuf.FieldMask is one text. */
type Field<K, V> = K extends 'updateMask' ? string : Json<V>;
type RequiredKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T];

/** The generated type of a oneof has `$case`; in JSON the chosen field is beside the others. */
type OneofKeys<T> = {
  [K in keyof T]-?: Exclude<T[K], undefined> extends { $case: string } ? K : never;
}[keyof T];
type Cases<Chosen> = {
  [C in Extract<Chosen, { $case: string }> as C['$case']]?: C extends { value: infer V } ? Json<V> : never;
};

type Flat<T> = { [K in keyof T]: T[K] };
type Partly<T> = T extends readonly (infer Element)[]
  ? Partly<Element>[]
  : T extends object
    ? { [K in keyof T]?: Partly<T[K]> }
    : T;
