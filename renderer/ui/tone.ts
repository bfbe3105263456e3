/** What a colour may mean; there is no other reason for colour. */
export type Tone = 'ok' | 'warning' | 'bad' | 'information' | 'busy' | 'idle';
