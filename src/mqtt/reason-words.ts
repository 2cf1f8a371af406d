/** Reason codes of MQTT 5 that a broker gives when it does not take a message. */
const PUBLISH_REFUSED: Record<number, string> = {
  128: 'the broker does not say why',
  131: 'the broker does not take it',
  135: 'not authorised to publish to this topic',
  144: 'the broker does not allow this topic',
  145: 'the broker confuses it with an earlier message; send it again',
  149: 'it is larger than the broker takes',
  151: 'a quota of the broker is used up',
  153: 'the payload is not in the format it claims',
  154: 'the broker does not store (retain) messages',
  155: 'the broker does not support this QoS',
};

/** Codes of SUBACK; MQTT 3.1.1 has 0x80 only. */
const SUBSCRIBE_REFUSED: Record<number, string> = {
  128: 'the broker refuses it and does not say why; it may not be authorised',
  131: 'the broker does not take it',
  135: 'not authorised',
  143: 'the broker does not allow this filter',
  145: 'the broker confuses it with an earlier request',
  151: 'a quota of the broker is used up',
  158: 'the broker has no shared subscriptions',
  161: 'the broker has no subscription identifiers',
  162: 'the broker does not allow wildcards',
};

const unknown = (code: number) => `the broker refuses it (code ${code})`;

/** Why a broker did not take a message, for people. */
export const publishRefusal = (code: number): string => PUBLISH_REFUSED[code] ?? unknown(code);

/** Why a broker does not grant a filter, for people. */
export const subscribeRefusal = (code: number): string => SUBSCRIBE_REFUSED[code] ?? unknown(code);
