import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Signed = {
  /** As openssl writes it; left out: the certificate is for no address. */
  altName?: string;
  /** Below 0: it has expired. */
  days?: number;
  /** The authority that signs it. */
  by?: string;
};

/** Makes authorities and certificates in the folder `path`: `<name>.pem` and `<name>.key`. */
export function certificatesIn(path: string) {
  const file = (name: string) => join(path, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: path, stdio: 'pipe' });
  const key = (name: string) =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  return {
    file,
    text: (name: string) => readFileSync(file(name), 'utf8'),
    authority(name: string): void {
      key(name);
      openssl(...`req -x509 -new -key ${name}.key -days 2 -subj /CN=${name} -out ${name}.pem`.split(' '));
    },
    signed(name: string, { altName, days = 2, by = 'authority' }: Signed = {}): void {
      key(name);
      const more = altName === undefined ? [] : ['-addext', `subjectAltName=${altName}`];
      openssl(...`req -new -key ${name}.key -subj /CN=${name} -out ${name}.csr`.split(' '), ...more);
      const signedBy = `-CA ${by}.pem -CAkey ${by}.key -CAcreateserial -copy_extensions copy`;
      openssl(...`x509 -req -days ${days} ${signedBy} -in ${name}.csr -out ${name}.pem`.split(' '));
    },
  };
}
