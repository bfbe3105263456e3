/** Raised when the words of the handshake change. */
export const PROTOCOL = 1;

export const HELLO_PATH = '/api/v1/peer/hello';
export const PROVE_PATH = '/api/v1/peer/prove';
