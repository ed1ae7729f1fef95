/** What every page has at its top: the name, the ways to the other pages, what the page adds, and the colours. */
import type { ComponentChildren } from 'preact';
import { ThemeSwitch, type ThemeSwitchProps } from './theme-switch.tsx';

const PAGES = [
  { page: 'wallboard', href: '/', name: 'Wallboard' },
  { page: 'intervals', href: '/intervals', name: 'Intervals' },
  { page: 'sql', href: '/sql', name: 'SQL' },
  { page: 'docs', href: '/docs', name: 'API' },
] as const;

export interface HeaderProps extends ThemeSwitchProps {
  readonly page: (typeof PAGES)[number]['page'];
  readonly children?: ComponentChildren;
}

export const Header = ({ page, children, ...theme }: HeaderProps) => (
  <header class="page-header">
    <a class="brand" href="/">
      <img src="/icon.svg" alt="" width="20" height="20" />
      Busyhour
    </a>
    <nav class="page-nav" aria-label="Pages">
      {PAGES.map(({ page: name, href, name: label }) => (
        <a key={name} href={href} aria-current={name === page ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
    {children}
    <ThemeSwitch {...theme} />
  </header>
);
