// The scripts that complete command lines of maria in a shell. They hold all words, so that nothing is started for a key.
import type { Candidates, Shell } from './candidates.js';

export function completionScript(shell: Shell, candidates: Candidates): string {
  return scripts[shell](candidates);
}

type Script = (candidates: Candidates) => string;

/** The words of each place, besides those that come after a command. */
function topOf({ commands }: Candidates) {
  const below = new Map([...commands].filter(([name]) => name !== ''));
  return { top: [...(commands.get('') ?? []), '--help', '--version'], topics: [...below.keys()], below };
}

const joined = (words: readonly string[]) => words.join(' ');

/** A branch of a choice for each key. */
function branches(
  map: ReadonlyMap<string, readonly string[]>,
  branch: (key: string, words: string) => string,
): string {
  return [...map].map(([key, words]) => branch(key, joined(words))).join('\n');
}

const bash: Script = (candidates) => {
  const { flags, values, args } = candidates;
  const { top, topics, below } = topOf(candidates);
  const cases = (map: ReadonlyMap<string, readonly string[]>) =>
    branches(map, (key, words) => `    '${key}') words='${words}' ;;`);
  return `# Completion of maria for bash, made by: maria completion bash
_maria() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=\${COMP_WORDS[1]} first=2 words='' value=no
  # bash takes "=" for a word of its own.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $command in
    ${topics.join(' | ')})
      if ((COMP_CWORD > 2)); then
        command="$command \${COMP_WORDS[2]}"
        first=3
      fi
      ;;
  esac
  if ((COMP_CWORD == 1)); then
    words='${joined(top)}'
  elif ((COMP_CWORD == 2 && first == 2)); then
    case $command in
${cases(below)}
    esac
  fi
  case "$command $previous" in
${branches(values, (key, words) => `    '${key}') value=yes words='${words}' ;;`)}
  esac
  if [[ $value == no && -z $words ]]; then
    if [[ $current == -* ]]; then
      case $command in
${cases(flags)}
      esac
    elif ((COMP_CWORD >= first)); then
      case $command in
${cases(args)}
      esac
    fi
  fi
  # Without a word that fits, bash completes names of files.
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _maria maria
`;
};

const zsh: Script = (candidates) => {
  const { flags, values, args } = candidates;
  const { top, topics, below } = topOf(candidates);
  const cases = (map: ReadonlyMap<string, readonly string[]>) =>
    branches(map, (key, words) => `    '${key}') list=(${words}) ;;`);
  return `#compdef maria
# Completion of maria for zsh, made by: maria completion zsh
_maria() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT - 1]} command=\${words[2]} value=no
  local -i first=3
  local -a list
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*}
    compset -P '*='
  fi
  case $command in
    ${topics.join(' | ')})
      if ((CURRENT > 3)); then
        command="$command \${words[3]}"
        first=4
      fi
      ;;
  esac
  if ((CURRENT == 2)); then
    list=(${joined(top)})
  elif ((CURRENT == 3 && first == 3)); then
    case $command in
${cases(below)}
    esac
  fi
  case "$command $previous" in
${branches(values, (key, words) => `    '${key}') value=yes list=(${words}) ;;`)}
  esac
  if [[ $value == no ]] && (($#list == 0)); then
    if [[ $current == -* ]]; then
      case $command in
${cases(flags)}
      esac
    elif ((CURRENT >= first)); then
      case $command in
${cases(args)}
      esac
    fi
  fi
  compadd -a list || _files
}
if [[ $funcstack[1] == _maria ]]; then _maria "$@"; else compdef _maria maria; fi
`;
};

const fish: Script = (candidates) => {
  const { flags, values, args } = candidates;
  const { top, topics, below } = topOf(candidates);
  const cases = (map: ReadonlyMap<string, readonly string[]>) =>
    branches(map, (key, words) => `            case '${key}'\n                set list ${words}`);
  return `# Completion of maria for fish, made by: maria completion fish
function __maria_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l count (count $before)
    set -l previous $before[-1]
    set -l command $before[2]
    set -l first 2
    set -l list
    set -l prefix ''
    if string match -qr -- '^--[^=]+=' $current
        set previous (string replace -r '=.*' '' -- $current)
        set current (string replace -r '^[^=]*=' '' -- $current)
        set prefix $previous=
    end
    if contains -- "$command" ${topics.join(' ')}; and test $count -gt 2
        set command "$command $before[3]"
        set first 3
    end
    if test $count -eq 1
        set list ${joined(top)}
    else if test $count -eq 2; and test $first -eq 2
        switch $command
${cases(below)}
        end
    end
    set -l value no
    switch "$command $previous"
${branches(values, (key, words) => `        case '${key}'\n            set value yes\n            set list ${words}`)}
    end
    if test $value = no; and test (count $list) -eq 0
        if string match -q -- '-*' $current
            switch "$command"
${cases(flags)}
            end
        else if test $count -ge $first
            switch "$command"
${cases(args)}
            end
        end
    end
    if test (count $list) -gt 0
        printf '%s\\n' $prefix$list
    else
        __fish_complete_path $current
    end
end
complete -c maria -f -a '(__maria_words)'
`;
};

const scripts: Readonly<Record<Shell, Script>> = { bash, fish, zsh };
