import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';

/** A structured logger: an object of facts first, then a sentence. */
export type Logger = PinoLogger;

/** What never reaches a log, wherever it stands up to three levels deep. */
const SECRETS = [
  'authorization',
  'cookie',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'password',
  'email',
  'apiKey',
];

const levels = ['', '*.', '*.*.', '*.*.*.'];

/**
 * Logs JSON lines to standard output, or to `destination`. Values of secret fields are replaced by `[redacted]`; the keys are
 * matched in lower and camel case and as HTTP header names.
 */
export function createLogger(options: { readonly level: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: levels.flatMap((prefix) => [...SECRETS, 'Authorization'].map((field) => `${prefix}${field}`)),
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}
