/** The package that writes and reads certificates, with what it wants to be there before it. No other file imports it. */
import './reflection.ts';

export * from '@peculiar/x509';
