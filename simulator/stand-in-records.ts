/** A field of a model, as far as sessions need them; a selection is the list of its values. */
export type FieldType = 'char' | 'datetime' | 'float' | 'integer' | readonly string[];
export type StoredRecord = { id: number; [field: string]: string | number | false };

/** What Odoo throws; the client gets it as a JSON-RPC error. */
export class OdooException extends Error {
  override name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export type Right = 'read' | 'create' | 'write';
/** What `load` says of a row; `field` only when it knows which one is at fault. */
type LoadMessage = {
  type: 'error';
  rows: { from: number; to: number };
  record: number;
  message: string;
  field?: string;
};
/** Why nothing can be written; `message` is PostgreSQL's text or a constraint's of the model. */
export type WriteFailure = { message: string; field?: string };
type LoadResult = { ids: number[] | false; messages: LoadMessage[]; nextrow: number };

/** The time zone of the user: one hour ahead of UTC. Odoo takes times for it unless the context names another. */
const USER_ZONE_MS = 3_600_000;

const fault = (record: number, what: WriteFailure): LoadMessage => ({
  type: 'error',
  rows: { from: record, to: record },
  record,
  ...what,
});

/** A manual model of Odoo and its records, as an ordinary user with `rights` meets them over RPC. */
export class RecordModel {
  readonly #model: string;
  readonly #fields: Readonly<Record<string, FieldType>>;
  readonly #byExternalId = new Map<string, StoredRecord>();
  rights: Record<Right, boolean> = { read: true, create: true, write: true };
  writeFailure: WriteFailure | null = null;

  constructor(model: string, fields: Readonly<Record<string, FieldType>>) {
    this.#model = model;
    this.#fields = fields;
  }

  /** By external id. */
  records(): ReadonlyMap<string, StoredRecord> {
    return this.#byExternalId;
  }

  /** `search_read` with a domain of equalities. */
  searchRead(domain: [string, string, unknown][], wanted: string[]): StoredRecord[] {
    this.#check('read', 'access');
    for (const [field] of domain) {
      this.#known(field, `Invalid field ${this.#model}.${field} in leaf`);
    }
    for (const field of wanted) this.#known(field, `Invalid field '${field}' on model '${this.#model}'`);
    const found = [...this.#byExternalId.values()].filter((record) =>
      domain.every(([field, operator, value]) => operator === '=' && record[field] === value),
    );
    return found.map((record) => {
      const read = wanted.map((field): [string, string | number | false] => [field, record[field] ?? false]);
      return Object.assign({ id: record.id }, Object.fromEntries(read));
    });
  }

  /** `load`: all rows are written, or none is and the messages say why. */
  load(columns: string[], rows: string[][], timeZone: string | undefined): LoadResult {
    for (const column of columns) {
      if (column !== 'id') this.#known(column, `Invalid field name '${column}'`);
    }
    const messages: LoadMessage[] = [];
    const converted = rows.map((row, record) => {
      const values: [string, string | number | false][] = [];
      for (const [i, field] of columns.entries()) {
        if (field === 'id') continue;
        try {
          values.push([field, this.#convert(field, row[i] ?? '', timeZone)]);
        } catch (error) {
          messages.push(fault(record, { field, message: (error as Error).message }));
        }
      }
      return { externalId: row[columns.indexOf('id')] ?? '', values };
    });
    for (const [record, { externalId }] of converted.entries()) {
      const right = this.#byExternalId.has(externalId) ? 'write' : 'create';
      if (!this.rights[right]) messages.push(fault(record, { message: this.#notAllowed(right) }));
      // `load` catches what psycopg2 raises, whatever it is, and goes on as after any other fault.
      else if (this.writeFailure) messages.push(fault(record, this.writeFailure));
    }
    if (messages.length > 0) return { ids: false, messages, nextrow: 0 };
    const ids = converted.map(({ externalId, values }) =>
      this.#write(externalId, Object.fromEntries(values)),
    );
    return { ids, messages, nextrow: 0 };
  }

  #write(externalId: string, values: Record<string, string | number | false>): number {
    const empty = Object.entries(this.#fields).map(([field, type]) => [
      field,
      type === 'float' || type === 'integer' ? 0 : false,
    ]);
    const known = this.#byExternalId.get(externalId);
    const id = known?.id ?? this.#byExternalId.size + 1;
    this.#byExternalId.set(externalId, { ...Object.fromEntries(empty), ...known, ...values, id });
    return id;
  }

  #convert(field: string, value: string, timeZone: string | undefined): string | number | false {
    const type = this.#fields[field];
    if (value === '') return false;
    if (type === 'float' || type === 'integer') {
      const number = Number(value);
      if (Number.isNaN(number) || (type === 'integer' && !/^-?\d+$/.test(value))) {
        throw new Error(
          `'${value}' does not seem to be ${type === 'float' ? 'a number' : 'an integer'} for field '${field}'`,
        );
      }
      return number;
    }
    if (type === 'datetime') {
      if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)) {
        throw new Error(`'${value}' does not seem to be a valid datetime for field '${field}'`);
      }
      const ms = Date.parse(`${value.replace(' ', 'T')}Z`) - (timeZone === 'UTC' ? 0 : USER_ZONE_MS);
      return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    }
    if (Array.isArray(type) && !type.includes(value)) {
      throw new Error(`Value '${value}' not found in selection field '${field}'`);
    }
    return value;
  }

  #known(field: string, message: string): void {
    if (!(field in this.#fields)) throw new OdooException('builtins.ValueError', message);
  }

  #check(right: Right, verb: string): void {
    if (!this.rights[right]) throw new OdooException('odoo.exceptions.AccessError', this.#notAllowed(verb));
  }

  #notAllowed(verb: string): string {
    return `You are not allowed to ${verb} 'Machine session' (${this.#model}) records.`;
  }
}
