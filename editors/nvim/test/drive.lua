-- Types in a real Neovim and looks at its buffer, marks and screen. Run by `crates/interline/tests/editors.rs`:
--   nvim --headless -u NONE -i NONE -S drive.lua    in a repository, with MODE=plugin|native,
-- EDITORS=…/editors/nvim and INTERLINE_NVIM, the Neovim to try
-- The Neovim that reads this file starts a second one over RPC, because keys have to come from outside for its event loop to run.
local mode, editors = vim.env.MODE, vim.env.EDITORS
local load = mode == 'native' and 'luafile ' .. editors .. '/native.lua' or 'runtime plugin/interline.lua'
local space = mode == 'native' and 'nvim.lsp.inline_completion' or 'interline'
local say = function(line) io.stdout:write(line .. '\n') end
local child = vim.fn.jobstart({ vim.env.INTERLINE_NVIM, '--embed', '--headless', '-u', 'NONE', '-i', 'NONE', '-n',
  '--cmd', 'set columns=80 lines=30 rtp^=' .. editors, '-c', 'filetype on', '-c', load, '-c', 'set expandtab shiftwidth=4 autoindent noruler' }, { rpc = true })

local function call(...) return vim.rpcrequest(child, ...) end
local function lua(code, ...) return call('nvim_exec_lua', code, { ... }) end
local function rest() vim.wait(20) end
local function line() return call('nvim_get_current_line') end
local function key(keys) call('nvim_input', keys) rest() end
local function all(from) return table.concat(call('nvim_buf_get_lines', 0, from, -1, false), '\n') end

local function ghost() -- the text that is drawn, without blanks at its end
  return lua([[
    local it = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace(...), 0, -1, { details = true })[1]
    if not it then return '' end
    local lines = {}
    for _, chunks in ipairs({ it[4].virt_text, unpack(it[4].virt_lines or {}) }) do
      local text = ''
      for _, chunk in ipairs(chunks) do text = text .. chunk[1] end
      table.insert(lines, (text:gsub('%s+$', '')))
    end
    return table.concat(lines, '\n')]], space)
end

local function screen() -- what a person sees
  return lua([[
    vim.cmd('redraw!')
    local rows = {}
    for y = 1, vim.o.lines do
      local row = ''
      for x = 1, vim.o.columns do row = row .. vim.fn.screenstring(y, x) end
      rows[y] = row:gsub('%s+$', '')
    end
    return table.concat(rows, '\n')]])
end

local function status()
  return lua([[
    local server = (vim.lsp.get_clients or vim.lsp.get_active_clients)()[1]
    if not server then return vim.NIL end
    local heard
    local function hear(_, result) heard = result end
    if vim.fn.has('nvim-0.11') == 1 then server:request('interline/status', vim.empty_dict(), hear)
    else server.request('interline/status', vim.empty_dict(), hear) end
    vim.wait(5000, function() return heard ~= nil end, 5)
    return heard or vim.NIL]])
end

local function fail(what, got)
  if not pcall(line) then say('FAILED ' .. what .. ': the other Neovim is gone') vim.cmd('cquit 1') end
  say(('FAILED %s\n got: %s\n line: %q\n ghost: %q\n messages: %s\n%s'):format(what, vim.inspect(got), line(), ghost(),
    call('nvim_exec', 'messages', true), screen()))
  vim.cmd('cquit 1')
end
local function until_is(what, read, expected) -- as often as it takes: no clock decides but the one that gives up
  local got
  local came = vim.wait(20000, function() got = read() return got == expected end, 20)
  if not came then fail(('%s: expected %q'):format(what, expected), got) end
  say('ok ' .. what)
end
local function until_some(pattern) -- ghost text that looks like this, and is what the last key led to
  local got
  if not vim.wait(20000, function() got = ghost() return got:match(pattern) ~= nil end, 20) then fail('ghost text like ' .. pattern, got) end
  say('ok ghost text like ' .. pattern)
  return got
end
local function holds(what, text, part)
  if not text:find(part, 1, true) then fail(('%s: expected to find %q'):format(what, part), text) end
  say('ok ' .. what)
end

local ok, why = xpcall(function()
  call('nvim_command', 'edit shop/refunds.py')
  until_is('the repository is learnt', function()
    local it = status()
    return type(it) == 'table' and it.repositories[1] and it.repositories[1].state.kind
  end, 'ready')


-- One line: seen while typing, shrinking as it is typed along, taken with Tab.
  key('ccdef audit(region, since):<CR>    with open_session(region) as session:<CR>    rows = session.')
  local text = until_some('^query_everything%(region, since%)')
  holds('it is on the screen', screen(), line() .. text:match('^[^\n]*'))
  local before = line()
  key('que')
  until_is('typing along leaves the rest', ghost, text:sub(4))
  key('<Tab>')
  until_is('Tab takes it', function() return all(2) end, before .. text)
  key('<Esc>:%d _<CR>')

  -- A way out, and back.
  key('idef audit(region, since):<CR>    with open')
  text = until_some('^_session%(region%)')
  key('<Esc>')
  until_is('Esc takes it off the screen', ghost, '')
  key('a')
  until_is('coming back shows it again', ghost, text)
  key('<Esc>:%d _<CR>')

  -- A word at a time; what is left stays on the screen.
  key('idef audit(region, since):<CR>    with open')
  text = until_some('^_session%(region%)')
  before = line()
  key('<M-Right>')
  until_is('a key takes a word', line, before .. '_session')
  until_is('the rest stays', ghost, text:sub(#'_session' + 1))
  key('<Esc>:%d _<CR>')

  -- Several lines: all of them are drawn; a key takes one, Tab the rest.
  key('idef audit(region, since):<CR>    if region is None:<CR>    ')
  text = until_some('^log%.warning[^\n]*\n +raise')
  local first, second = text:match('^(log%.warning[^\n]*)\n( +raise MissingRegion[^\n]*)$')
  holds('the block is on the screen', screen(), '\n        ' .. first .. '\n' .. second .. '\n')
  key('<M-C-Right>')
  until_is('a key takes a line', function() return all(2) end, '        ' .. first)
  until_is('the second line stays', ghost, '\n' .. second)
  key('<Tab>')
  until_is('Tab takes the rest', function() return all(2) end, '        ' .. first .. '\n' .. second)
  until_is('the cursor is behind it', function() return call('nvim_win_get_cursor', 0)[2] end, #second)
  key('<Esc>:%d _<CR>')

  -- Inside a line: what follows stays, and is seen where it will stand.
  key('idef audit(region, since):<CR>    with open_session(region) as session:<CR>    rows = len(session.)<Left>')
  text = until_some('^query_everything%(region, since%)')
  before = line()
  holds('the rest of the line is on the screen', screen(), before:sub(1, -2) .. 'query_everything(region, since))')
  key('<Tab>')
  until_is('inside a line', line, before:sub(1, -2) .. 'query_everything(region, since))')
  key('<Esc>')

  -- With nothing to take, Tab is Tab.
  key(':%d _<CR>izzqq')
  until_is('no ghost text', ghost, '')
  key('<Tab>')
  until_is('Tab is Tab', function() return line():match('^zzqq +$') ~= nil end, true)
  key('<Esc>')

  -- The server was told what became of it.
  local counters = status().counters
  until_is('nothing went wrong in the server', function() return counters.panics + counters.refused end, 0)
  until_is('what was taken in part', function() return counters.partiallyAccepted end, 2)
  until_is('what was taken whole', function() return counters.accepted >= 3 and counters.shown >= 4 end, true)
  say(('requests %d, answers %d, typed along %d'):format(counters.asks, counters.answered, counters.typeThroughHits))
end, debug.traceback)
if not ok then fail('the script', why) end
say('all is well')
call('nvim_command', 'set nomodified')
pcall(call, 'nvim_command', 'qall!')
vim.cmd('qall!')
