/** A button that saves a file and says how it went. */
import { useState } from 'preact/hooks';
import type { Api } from './api.ts';
import { type Download, type Saved, save } from './download.ts';

export interface DownloadButtonProps {
  readonly api: Api;
  readonly label: string;
  readonly download: () => Download;
  readonly disabled?: boolean;
}

const KIB = 1024;
/** Bytes in the unit people read. */
export const sizeWords = (bytes: number): string =>
  bytes < KIB * KIB ? `${Math.ceil(bytes / KIB)} KB` : `${(bytes / KIB / KIB).toFixed(1)} MB`;

const words = (saved: Saved | 'saving' | null): string => {
  if (saved === null) return '';
  if (saved === 'saving') return 'Saving …';
  if (saved.status === 'failed') return `Not saved: ${saved.message}`;
  return saved.status === 'saved' ? `Saved, ${sizeWords(saved.bytes)}` : '';
};

export const DownloadButton = ({ api, label, download, disabled = false }: DownloadButtonProps) => {
  const [saved, setSaved] = useState<Saved | 'saving' | null>(null);
  const start = async (): Promise<void> => {
    setSaved('saving');
    setSaved(await save(api, download()));
  };
  return (
    <span class="download">
      <button type="button" disabled={disabled || saved === 'saving'} onClick={() => void start()}>
        <span aria-hidden="true">↓ </span>
        <span class="visually-hidden">Download </span>
        {label}
      </button>
      <span role="status" class="download-words">
        {words(saved)}
      </span>
    </span>
  );
};
