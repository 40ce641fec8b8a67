// The completion script for bash 4.4 and later; needs no bash-completion package.
import type { Grammar } from './grammar.ts';
import { shellTables } from './shell-tables.ts';

export function bashScript(grammar: Grammar): string {
  return `# bash completion of novalet. Load it with: source <(novalet completion bash)

${shellTables(grammar)}
${WALKER}
complete -F _novalet novalet
`;
}

// The walker goes over the words before the cursor: subcommands lengthen the path, options may take the next word,
// everything else is an operand.
const WALKER = `_novalet_offer() {
  local word
  case "\${_novalet_reply[0]-}" in
    words) mapfile -t COMPREPLY < <(compgen -W "\${_novalet_reply[*]:1}" -- "$1") ;;
    names)
      while IFS= read -r word; do
        [[ $word == "$1"* ]] && COMPREPLY+=("\${word#"$2"}")
      done < <(command novalet __complete "\${_novalet_reply[1]}" 2>/dev/null)
      ;;
    files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$1")
      ;;
  esac
}

_novalet() {
  local _novalet_reply=() path='' operands=0 takes='' word joined cur index part
  COMPREPLY=()
  # debian:12 and --output=json are one word to novalet, whatever bash breaks words at
  local words=()
  for ((index = 1; index <= COMP_CWORD; index++)); do
    part=\${COMP_WORDS[index]}
    if [[ \${#words[@]} -gt 0 && ( $part == [:=]* || \${COMP_WORDS[index - 1]} == [:=] ) && \${joined-} != '' ]]; then
      words[\${#words[@]}-1]+=$part
    else
      words+=("$part")
    fi
    joined=1
  done
  cur=\${words[\${#words[@]}-1]}
  for ((index = 0; index < \${#words[@]} - 1; index++)); do
    word=\${words[index]}
    if [[ -n $takes ]]; then takes=''; continue; fi
    if [[ $word == -- ]]; then compopt -o default 2>/dev/null; return; fi
    if [[ $word == -* ]]; then
      _novalet_value "$path" "$word"
      [[ \${#_novalet_reply[@]} -gt 0 ]] && takes=$word
      continue
    fi
    _novalet_commands "$path"
    if [[ \${#_novalet_reply[@]} -gt 0 ]]; then path="\${path:+$path }$word"; else operands=$((operands + 1)); fi
  done
  if [[ -n $takes ]]; then
    _novalet_value "$path" "$takes"
    _novalet_offer "$cur" ''
  elif [[ $cur == --*=* ]]; then
    _novalet_value "$path" "\${cur%%=*}"
    _novalet_offer "\${cur#*=}" ''
    [[ $COMP_WORDBREAKS == *=* ]] || COMPREPLY=("\${COMPREPLY[@]/#/\${cur%%=*}=}")
  elif [[ $cur == -* ]]; then
    _novalet_options "$path"
    mapfile -t COMPREPLY < <(compgen -W "\${_novalet_reply[*]%%:*}" -- "$cur")
  else
    _novalet_commands "$path"
    if [[ \${#_novalet_reply[@]} -gt 0 ]]; then
      mapfile -t COMPREPLY < <(compgen -W "\${_novalet_reply[*]%%:*}" -- "$cur")
    else
      _novalet_operand "$path" "$operands"
      # where colons break words, readline replaces only what follows the last one
      if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then _novalet_offer "$cur" "\${cur%:*}:"; else _novalet_offer "$cur" ''; fi
    fi
  fi
}
`;
