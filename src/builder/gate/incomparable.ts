/** Why an image is not published with the gate that no approval publishes either. */
export const incomparable = 'no engine has all of its platforms to compare them';
