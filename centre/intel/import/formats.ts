/** The formats that can be imported, by the names that `--as` takes. */

export const formats = [
  'threatfox-csv',
  'urlhaus-csv',
  'feodo-csv',
  'sslbl-ja3-csv',
  'sslbl-cert-csv',
  'csv',
  'json',
  'misp-event',
  'misp-feed',
  'misp-warninglist',
  'stix21-bundle',
  'taxii21',
  'suricata-dataset-string',
  'suricata-dataset-ip',
  'suricata-dataset-md5',
  'suricata-dataset-sha256',
  'suricata-rules',
  'zeek-intel',
  'hosts',
  'adblock',
  'plain-list',
  'defanged-text',
] as const;
export type Format = (typeof formats)[number];
