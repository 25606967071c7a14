/** The positive number of at most 64 bits that a text is, as in an audit id; undefined if it is none. */
export function int64Of(text: string): bigint | undefined {
  const number = /^\d{1,19}$/.test(text.trim()) ? BigInt(text.trim()) : 0n;
  return number > 0n && BigInt.asIntN(64, number) === number ? number : undefined;
}
