/** Shown where the server does not know the token, or none was given. */
import { useState } from 'preact/hooks';
import { keepToken } from '../shared/api.ts';

export const TokenPrompt = ({ reason }: { readonly reason: string }) => {
  const [token, setToken] = useState('');
  const open = (event: Event): void => {
    event.preventDefault();
    keepToken(token.trim());
    location.reload();
  };
  return (
    <main class="prompt">
      <h1>No access</h1>
      <p>
        This page needs a valid token ({reason}). Open it with the address that Busyhour printed when it
        started (<code>…/#token=…</code>), or paste the token here.
      </p>
      <form onSubmit={open}>
        <label>
          Token
          <input
            type="password"
            autocomplete="off"
            required
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary-button">
          Open the wallboard
        </button>
      </form>
    </main>
  );
};
