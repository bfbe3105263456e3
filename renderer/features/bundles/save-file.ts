/** Hands a file to the browser or the desktop program, which asks where to put it. */
export function saveFile(fileName: string, base64: string, page: Document): void {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  save(fileName, bytes, page);
}

/** As {@link saveFile}, for a text in UTF-8. */
export function saveText(fileName: string, text: string, page: Document): void {
  save(fileName, text, page);
}

function save(fileName: string, content: BlobPart, page: Document): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = page.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // the download has its own hold on the bytes once it has begun
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
