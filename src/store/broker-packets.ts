/** A packet as it is stored: its fields as JSON, its payload as the text or bytes it came as. */
export type StoredPacket = { fields: string; payload: string | Uint8Array | null };

/** Anything with a payload; what else it has must survive JSON. */
export type PacketFields = { payload?: string | Buffer; [field: string]: unknown };

export function encodePacket({ payload, ...fields }: PacketFields): StoredPacket {
  return { fields: JSON.stringify(fields), payload: payload ?? null };
}

export function decodePacket(row: { fields?: unknown; payload?: unknown }): PacketFields {
  const fields = JSON.parse(String(row.fields)) as PacketFields;
  const { payload } = row;
  if (payload instanceof Uint8Array) {
    return { ...fields, payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength) };
  }
  return typeof payload === 'string' ? { ...fields, payload } : fields;
}
