/** What a row's JSON holds. A row that somebody else changed may hold anything: then its text. */
export function fromJson(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
