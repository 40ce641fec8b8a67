// The completion script for zsh 5; works from a file in $fpath and by sourcing.
import type { Grammar } from './grammar.ts';
import { shellTables } from './shell-tables.ts';

export function zshScript(grammar: Grammar): string {
  return `#compdef novalet
# zsh completion of novalet. Load it with: source <(novalet completion zsh)

${shellTables(grammar)}
${WALKER}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then
  _novalet "$@"
else
  compdef _novalet novalet
fi
`;
}

const WALKER = `_novalet_offer() {
  case "\${_novalet_reply[1]-}" in
    words) compadd -- "\${(@)_novalet_reply[2,-1]}" ;;
    names) compadd -- \${(f)"$(command novalet __complete "\${_novalet_reply[2]}" 2>/dev/null)"} ;;
    files) _files ;;
  esac
}

_novalet() {
  local -a _novalet_reply
  local where='' takes='' word
  integer operands=0 index
  for ((index = 2; index < CURRENT; index++)); do
    word=\${words[index]}
    if [[ -n $takes ]]; then takes=''; continue; fi
    if [[ $word == -- ]]; then _default; return; fi
    if [[ $word == -* ]]; then
      _novalet_value "$where" "$word"
      (( \${#_novalet_reply} )) && takes=$word
      continue
    fi
    _novalet_commands "$where"
    if (( \${#_novalet_reply} )); then where="\${where:+$where }$word"; else (( operands += 1 )); fi
  done
  if [[ -n $takes ]]; then
    _novalet_value "$where" "$takes"
    _novalet_offer
  elif [[ \${words[CURRENT]} == --*=* ]]; then
    _novalet_value "$where" "\${words[CURRENT]%%=*}"
    compset -P '*='
    _novalet_offer
  elif [[ \${words[CURRENT]} == -* ]]; then
    _novalet_options "$where"
    _describe -o 'option' _novalet_reply
  else
    _novalet_commands "$where"
    if (( \${#_novalet_reply} )); then
      _describe 'command' _novalet_reply
    else
      _novalet_operand "$where" "$operands"
      _novalet_offer
    fi
  fi
}
`;
