/** Instead of what was asked for: why not, and what to do. Where a token is missing, it is asked for. */
import { useState } from 'preact/hooks';
import { keepToken } from './api.ts';

const TITLES = {
  unauthorized: 'This page needs a valid token',
  forbidden: 'This token may not do that',
  failed: 'That could not be answered',
  too_large: 'That is too much for a page',
  unreachable: 'The server cannot be reached',
} as const;

/** An answer that is none. */
export interface Refused {
  readonly status: keyof typeof TITLES;
  readonly message: string;
}

const TokenForm = () => {
  const [token, setToken] = useState('');
  return (
    <form
      class="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (token === '') return;
        keepToken(token);
        location.reload();
      }}
    >
      <label>
        Token{' '}
        <input
          type="password"
          autoComplete="off"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value.trim())}
        />
      </label>
      <button type="submit">Open</button>
    </form>
  );
};

export const Refusal = ({ refused }: { readonly refused: Refused }) => (
  <div class="message refusal" role="alert">
    <h2>{TITLES[refused.status]}</h2>
    <p>{refused.message}</p>
    {refused.status === 'unauthorized' && (
      <>
        <p>
          Open it with the address that Busyhour printed when it started (…#token=…), or paste the token here.
        </p>
        <TokenForm />
      </>
    )}
  </div>
);
